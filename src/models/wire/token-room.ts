/** The most tokens that an answer may have, as a refusal states it. */
export interface TokenRoom {
  readonly max: number;
  /** True when it is a limit of the model; false when it is what this prompt leaves of the context window. */
  readonly isOfModel: boolean;
}

/** What a server says of its context window when a request does not fit into it, in tokens. */
export interface WindowUse {
  readonly window: number | undefined;
  readonly prompt: number | undefined;
}

/** Less than this is no room for an answer: the prompt fills the window. */
const leastRoom = 64;

/**
 * Reads from a refusal how large `max_tokens` may be. OpenAI and Anthropic name the limit of the model; vLLM, TGI,
 * DeepSeek and Anthropic name the context window and the tokens of the prompt.
 */
export function tokenRoom(words: string): TokenRoom | undefined {
  const ofModel = firstNumber(withoutCommas(words), [
    /supports at most (\d+) completion tokens/i,
    /max_(?:completion_)?tokens: \d+ > (\d+)/i,
    /max_(?:completion_)?tokens`?'? (?:must|should|has to) be (?:less than or equal to|at most|<=|no more than) `?(\d+)/i,
    /(?:range|value) of max_tokens should be \[\d+, ?(\d+)\]/i,
  ]);
  if (ofModel !== undefined) return { max: ofModel, isOfModel: true };
  const { window, prompt } = windowUse(words);
  if (window === undefined || prompt === undefined || window - prompt < leastRoom) return undefined;
  return { max: window - prompt, isOfModel: false };
}

/** Reads from a refusal how large the context window is, and how much of it the prompt takes. */
export function windowUse(words: string): WindowUse {
  const text = withoutCommas(words);
  const anthropic = /exceed context limit: (\d+) \+ \d+ > (\d+)|too long: (\d+) tokens > (\d+)/i.exec(text);
  if (anthropic)
    return {
      window: Number(anthropic[2] ?? anthropic[4]),
      prompt: Number(anthropic[1] ?? anthropic[3]),
    };
  return {
    window: firstNumber(text, [
      /n_ctx["']?: ?(\d+)/,
      /(?:context (?:length|window|size|limit)|maximum (?:prompt )?length)[^.\d]{0,40}?(\d+)/i,
      /(\d+)(?: tokens?)? maximum context/i,
      /number of tokens allowed \(?(\d+)/i,
      /must be <= `?(\d+)/i,
      /must have less than (\d+) tokens/i,
      /range of input length should be \[\d+, ?(\d+)\]/i,
    ]),
    prompt: firstNumber(text, [
      /n_prompt_tokens["']?: ?(\d+)/,
      /(\d+) (?:input tokens|in the messages|in your prompt|tokens from the input|prompt tokens|`inputs` tokens|of text input)/i,
      /(?:input|prompt) (?:has|contains|is) (\d+)/i,
      /(?:request|input|prompt) \((\d+) tokens?\)/i,
      /input token count \((\d+)\)/i,
      /requested tokens \((\d+)\)/i,
      /(?:resulted in|keep the first|request contains|too long:) (\d+)/i,
      /given: (\d+)/i,
    ]),
  };
}

function withoutCommas(words: string): string {
  return words.replace(/(\d),(?=\d{3}\b)/g, '$1');
}

function firstNumber(text: string, patterns: readonly RegExp[]): number | undefined {
  const found = patterns.map((pattern) => pattern.exec(text)?.[1]).find((number) => number !== undefined);
  return found === undefined ? undefined : Number(found);
}
