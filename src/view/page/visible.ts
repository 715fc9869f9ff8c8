/** A piece of a text: as it is, or a character that must be shown by its name. */
export type Piece = { readonly text: string } | { readonly sign: string; readonly name: string };

/**
 * Characters that do something instead of being seen: controls (terminal escapes among them), marks that change the
 * direction of text, invisible characters and tags.
 */
const HIDDEN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Splits a text so that each hidden character can be shown: `ESC` as `␛`, a right-to-left override as `U+202E`. */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const { 0: char, index } of text.matchAll(HIDDEN)) {
    // A carriage return before a line feed is a line end of Windows.
    if (char === '\r' && text[index + 1] === '\n') continue;
    if (index > end) pieces.push({ text: text.slice(end, index) });
    pieces.push(signOf(char.codePointAt(0) ?? 0));
    end = index + char.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

function signOf(code: number): Piece {
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  if (code < 0x20) return { sign: String.fromCodePoint(0x2400 + code), name };
  return { sign: code === 0x7f ? '\u2421' : name, name };
}

/** The same in one text, where no markup is possible. */
export const visible = (text: string): string =>
  piecesOf(text)
    .map((piece) => ('sign' in piece ? piece.sign : piece.text))
    .join('');
