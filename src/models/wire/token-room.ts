/** The most tokens that an answer may have, as a refusal tells it. */
export interface TokenRoom {
  readonly max: number;
  /** True when it is a limit of the model; false when it is what this prompt leaves of the context window. */
  readonly isOfModel: boolean;
}

/** Less than this is no room for an answer: the prompt fills the window. */
const leastRoom = 64;

/**
 * Reads from a refusal how large `max_tokens` may be. OpenAI and Anthropic name the limit of the model; vLLM, TGI,
 * DeepSeek and Anthropic name the context window and the tokens of the prompt.
 */
export function tokenRoom(words: string): TokenRoom | undefined {
  const text = words.replace(/(\d),(?=\d{3}\b)/g, '$1');
  const ofModel = firstNumber(text, [
    /supports at most (\d+) completion tokens/i,
    /max_(?:completion_)?tokens: \d+ > (\d+)/i,
    /max_(?:completion_)?tokens`?'? (?:must|should|has to) be (?:less than or equal to|at most|<=|no more than) `?(\d+)/i,
    /(?:range|value) of max_tokens should be \[\d+, ?(\d+)\]/i,
  ]);
  if (ofModel !== undefined) return { max: ofModel, isOfModel: true };
  const anthropic = /exceed context limit: (\d+) \+ \d+ > (\d+)/i.exec(text);
  if (anthropic) return room(Number(anthropic[2]), Number(anthropic[1]));
  const window = firstNumber(text, [
    /(?:context (?:length|window|size|limit)|maximum length)[^.\d]{0,40}?(\d+)/i,
    /must be <= `?(\d+)/i,
  ]);
  const prompt = firstNumber(text, [
    /(\d+) (?:input tokens|in the messages|tokens from the input|prompt tokens|`inputs` tokens|of text input)/i,
    /(?:input|prompt) (?:has|contains|is) (\d+)/i,
  ]);
  return window === undefined || prompt === undefined ? undefined : room(window, prompt);
}

function room(window: number, prompt: number): TokenRoom | undefined {
  return window - prompt < leastRoom ? undefined : { max: window - prompt, isOfModel: false };
}

function firstNumber(text: string, patterns: readonly RegExp[]): number | undefined {
  const found = patterns.map((pattern) => pattern.exec(text)?.[1]).find((number) => number !== undefined);
  return found === undefined ? undefined : Number(found);
}
