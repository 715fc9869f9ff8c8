/**
 * Colours code of any language a little: comments, strings, numbers, words that most languages reserve. One regular
 * expression that never backtracks far; a tokenizer for each language would be larger than the rest of the page.
 */
export interface Token {
  readonly kind: 'plain' | 'comment' | 'string' | 'number' | 'word';
  readonly text: string;
}

const TOKENS =
  /(?<comment>\/\*[\s\S]{0,4000}?\*\/|(?<=^|[\s;{}])(?:\/\/|#|--)[^\n]*)|(?<string>"(?:\\.|[^"\\\n]){0,4000}"|'(?:\\.|[^'\\\n]){0,400}'|`(?:\\.|[^`\\]){0,4000}`)|(?<number>(?<![\w.])\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?\b|\b0x[\da-fA-F]+\b)|(?<word>\b(?:abstract|and|as|async|await|begin|break|case|catch|class|const|continue|def|default|del|do|elif|else|elsif|end|enum|except|export|extends|false|final|finally|fn|for|foreach|from|func|function|global|go|if|impl|implements|import|in|interface|is|lambda|let|loop|match|mod|module|mut|namespace|new|nil|None|not|null|or|package|pass|private|protected|pub|public|raise|require|return|self|static|struct|super|switch|then|this|throw|trait|True|False|true|try|type|undefined|use|var|void|while|with|yield|SELECT|FROM|WHERE|INSERT|UPDATE|DELETE|JOIN|CREATE|TABLE)\b)/gm;

/** The tokens of a code, in order; together they are the code. */
export function tokensOf(code: string): readonly Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of code.matchAll(TOKENS)) {
    if (match.index > end) tokens.push({ kind: 'plain', text: code.slice(end, match.index) });
    const [kind = 'plain'] = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined) ?? [];
    tokens.push({ kind: kind as Token['kind'], text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < code.length) tokens.push({ kind: 'plain', text: code.slice(end) });
  return tokens;
}
