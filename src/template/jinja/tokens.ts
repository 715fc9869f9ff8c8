import type { Span } from '../../core/problem.js';
import type { Block, Token } from './lexer.js';

/** A mistake within one block. */
export class BlockError extends Error {}

/** Goes through the tokens of one block. */
export class TokenReader {
  #at = 0;

  constructor(readonly block: Block) {
    if (block.error !== undefined) throw new BlockError(block.error);
  }

  get token(): Token {
    return this.block.tokens[this.#at] ?? { type: 'end', text: '', offset: 0, length: 0 };
  }

  protected get following(): Token | undefined {
    return this.block.tokens[this.#at + 1];
  }

  next(): Token {
    const token = this.token;
    if (this.#at < this.block.tokens.length) this.#at += 1;
    return token;
  }

  is(...texts: readonly string[]): boolean {
    return this.token.type !== 'string' && this.token.type !== 'number' && texts.includes(this.token.text);
  }

  skip(text: string): boolean {
    if (!this.is(text) || this.token.type === 'end') return false;
    this.next();
    return true;
  }

  expect(text: string): Token {
    if (!this.is(text) || this.token.type === 'end') throw this.unexpected(text);
    return this.next();
  }

  name(): Token {
    if (this.token.type !== 'name') throw this.unexpected('a name');
    return this.next();
  }

  end(): void {
    if (this.token.type !== 'end') throw this.unexpected();
  }

  unexpected(expected?: string, token = this.token): BlockError {
    const { type, text, length } = token;
    const shown = type === 'string' ? 'a text' : `\`${text}\``;
    const wanted =
      expected === undefined || length === 0
        ? ''
        : ` where ${expected.startsWith('a ') ? expected : `\`${expected}\``} belongs`;
    return new BlockError(`unexpected token: ${shown}${wanted}`);
  }

  /** From the start of a token or expression to the end of what was read last. */
  protected from(start: Span): Span {
    const last = this.block.tokens[this.#at - 1];
    return { offset: start.offset, length: last ? last.offset + last.length - start.offset : start.length };
  }
}
