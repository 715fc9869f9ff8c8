/** Statements of templates, after the grammar of Jinja2's `parser.py`. */
import type { Span } from '../../core/problem.js';
import {
  namesOf,
  type Body,
  type Expression,
  type Macro,
  type Parameter,
  type Statement,
  type Target,
} from './ast.js';
import { ExpressionParser, type IsColumn } from './expressions.js';
import { BlockError } from './tokens.js';
import { splitTemplate, TemplateSyntaxError, type Block, type Part } from './lexer.js';
import type { TemplateProblem } from '../types.js';

export type ParsedBody =
  | { readonly ok: true; readonly body: Body }
  | { readonly ok: false; readonly problems: readonly TemplateProblem[] };

/** Parses a template, and reports every block with a mistake. */
export function parseBody(source: string): ParsedBody {
  try {
    const parts = splitTemplate(source);
    const first = new Parser(parts, () => false);
    const body = first.parse();
    // `row["name"]` is a column, unless the template itself defines `row`, or the name.
    const readsRow = source.includes('row') && !first.names.has('row');
    const isColumn: IsColumn = (name) => !first.names.has(name);
    const read = readsRow ? new Parser(parts, isColumn).parse() : body;
    return first.problems.length > 0 ? { ok: false, problems: first.problems } : { ok: true, body: read };
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError)) throw error;
    const { message, span, hint } = error;
    return {
      ok: false,
      problems: [{ code: 'template-syntax', message, span, ...(hint !== undefined && { hint }) }],
    };
  }
}

/** Statements that must be closed, and by what. */
const CLOSED_BY: Readonly<Record<string, string>> = {
  if: 'endif', for: 'endfor', macro: 'endmacro', call: 'endcall', filter: 'endfilter', with: 'endwith',
  block: 'endblock', autoescape: 'endautoescape', set: 'endset',
}; // prettier-ignore

const OTHER_FILES = 'a template cannot read other files: write the text here, or use a param';
const HINTS: Readonly<Record<string, string>> = {
  include: OTHER_FILES, import: OTHER_FILES, from: OTHER_FILES, extends: OTHER_FILES,
  do: 'a template changes nothing: use `{% set %}` with a new value',
}; // prettier-ignore

class Parser {
  #at = 0;
  readonly problems: TemplateProblem[] = [];
  /** Names that the template defines anywhere. */
  readonly names = new Set<string>();

  constructor(
    private readonly parts: readonly Part[],
    private readonly isColumn: IsColumn,
  ) {}

  parse(): Body {
    return this.#body(undefined, []).body;
  }

  /** Everything up to a block whose keyword is one of `until`, and that block. */
  #body(
    opener: Block | undefined,
    until: readonly string[],
  ): { readonly body: Body; readonly end: Block | undefined } {
    const body: Statement[] = [];
    for (;;) {
      const part = this.parts[this.#at++];
      if (part === undefined) {
        if (opener) throw neverClosed(opener);
        return { body, end: undefined };
      }
      if (part.kind === 'text') body.push({ type: 'text', value: part.value });
      else if (part.kind === 'expression') {
        const value = this.#attempt(part, (tokens) => tokens.tuple());
        if (value) body.push({ type: 'print', values: [value] });
      } else {
        const keyword = keywordOf(part);
        if (until.includes(keyword)) return { body, end: part };
        const statements = this.#statement(part, keyword, opener);
        body.push(...statements);
      }
    }
  }

  /** The result of reading a block; a mistake in it is kept, and the rest of the template is still read. */
  #attempt<T>(block: Block, read: (tokens: ExpressionParser) => T): T | undefined {
    try {
      const tokens = new ExpressionParser(block, this.isColumn);
      if (block.kind === 'statement') tokens.next();
      const result = read(tokens);
      tokens.end();
      return result;
    } catch (error) {
      if (!(error instanceof BlockError)) throw error;
      const words = /^\s*([A-Za-z_]\w*(?:[ \t]+[A-Za-z_]\w*)+)\s*(?:\||$)/.exec(block.inner)?.[1];
      const isName =
        block.kind === 'expression' && words !== undefined && !/ (?:is|in|and|or|not|if|else) /.test(words);
      this.problems.push({
        code: 'template-syntax',
        message: `this is not valid Jinja: ${error.message}`,
        ...(isName && { hint: `a column with a blank in its name is read with {{ row["${words}"] }}` }),
        span: block.span,
      });
      return undefined;
    }
  }

  #statement(block: Block, keyword: string, opener: Block | undefined): Body {
    switch (keyword) {
      case 'if':
        return this.#if(block);
      case 'for':
        return this.#for(block);
      case 'set':
        return this.#set(block);
      case 'with':
        return this.#with(block);
      case 'macro':
        return this.#macro(block);
      case 'call':
        return this.#call(block);
      case 'filter': {
        const filter = this.#attempt(block, (tokens) => tokens.filters(tokens.filter(CAPTURED(block))));
        const { body } = this.#body(block, ['endfilter']);
        return filter ? [{ type: 'filter-block', filter, body }] : [];
      }
      case 'print': {
        const value = this.#attempt(block, (tokens) => tokens.tuple());
        return value ? [{ type: 'print', values: value.type === 'tuple' ? value.items : [value] }] : [];
      }
      case 'block':
      case 'autoescape':
        // Nothing extends a template and nothing is escaped by itself: only the scope of names is left.
        return [{ type: 'with', variables: [], body: this.#body(block, [CLOSED_BY[keyword] ?? '']).body }];
      case 'break':
      case 'continue':
        return [{ type: keyword }];
      default:
        throw misplaced(block, keyword, opener);
    }
  }

  #if(block: Block): Body {
    const branches: { test: Expression; body: Body }[] = [];
    let otherwise: Body = [];
    let at: Block | undefined = block;
    while (at && keywordOf(at) !== 'endif') {
      if (keywordOf(at) === 'else') {
        ({ body: otherwise, end: at } = this.#body(block, ['endif']));
      } else {
        const test = this.#attempt(at, (tokens) => tokens.tuple({ isPlain: true }));
        const next = this.#body(block, ['elif', 'else', 'endif']);
        if (test) branches.push({ test, body: next.body });
        at = next.end;
      }
    }
    return [{ type: 'if', branches, otherwise }];
  }

  #for(block: Block): Body {
    const head = this.#attempt(block, (tokens) => {
      const target = this.#defined(tokens.target('in'));
      tokens.expect('in');
      const list = tokens.tuple({ isPlain: true, until: 'recursive' });
      const test = tokens.skip('if') ? tokens.expression() : undefined;
      return { target, list, test, isRecursive: tokens.skip('recursive') };
    });
    const { body, end } = this.#body(block, ['endfor', 'else']);
    const otherwise = end && keywordOf(end) === 'else' ? this.#body(block, ['endfor']).body : [];
    return head ? [{ type: 'for', ...head, body, otherwise }] : [];
  }

  #set(block: Block): Body {
    const head = this.#attempt(block, (tokens) => {
      const target = this.#defined(tokens.target('='));
      if (tokens.skip('=')) return { type: 'set' as const, target, value: tokens.tuple() };
      return { type: 'set-block' as const, target, filter: tokens.filters(CAPTURED(block)) };
    });
    // A block with a mistake has no body when it has a value.
    if (!head) return /^[^|]*=/.test(block.inner) ? [] : (this.#body(block, ['endset']), []);
    if (head.type === 'set') return [head];
    return [{ ...head, body: this.#body(block, ['endset']).body }];
  }

  #with(block: Block): Body {
    const variables = this.#attempt(block, (tokens) => {
      const found: { target: Target; value: Expression }[] = [];
      while (tokens.token.type !== 'end') {
        if (found.length > 0) tokens.expect(',');
        const name = tokens.name().text;
        tokens.expect('=');
        found.push({ target: this.#defined({ type: 'name', name }), value: tokens.expression() });
      }
      return found;
    });
    const { body } = this.#body(block, ['endwith']);
    return variables ? [{ type: 'with', variables, body }] : [];
  }

  #macro(block: Block): Body {
    const head = this.#attempt(block, (tokens) => {
      const name = tokens.name().text;
      this.names.add(name);
      return { name, parameters: this.#parameters(tokens) };
    });
    const { body } = this.#body(block, ['endmacro']);
    return head ? [{ type: 'macro', ...head, body }] : [];
  }

  #call(block: Block): Body {
    const head = this.#attempt(block, (tokens) => {
      const parameters = tokens.is('(') ? this.#parameters(tokens) : [];
      const call = tokens.expression();
      if (call.type !== 'call') throw new BlockError('expected a call of a macro, as in `{% call name() %}`');
      return { call, parameters };
    });
    const { body } = this.#body(block, ['endcall']);
    if (!head) return [];
    const caller: Omit<Macro, 'type'> = { name: 'caller', parameters: head.parameters, body };
    return [{ type: 'call', call: head.call, caller }];
  }

  #parameters(tokens: ExpressionParser): readonly Parameter[] {
    const parameters: Parameter[] = [];
    tokens.expect('(');
    while (!tokens.is(')')) {
      const name = tokens.name().text;
      this.names.add(name);
      const value = tokens.skip('=') ? tokens.expression() : undefined;
      if (!value && parameters.some((earlier) => earlier.value))
        throw new BlockError('a parameter without a default cannot follow one with a default');
      parameters.push({ name, value });
      if (!tokens.skip(',')) break;
    }
    tokens.expect(')');
    return parameters;
  }

  #defined(target: Target): Target {
    for (const name of namesOf(target)) this.names.add(name);
    return target;
  }
}

const CAPTURED = (span: { readonly span: Span }): Expression => ({
  type: 'captured',
  offset: span.span.offset,
  length: 0,
});

const keywordOf = ({ inner }: Block): string => /^\s*(\w*)/.exec(inner)?.[1] ?? '';

function neverClosed(block: Block): TemplateSyntaxError {
  const keyword = keywordOf(block);
  const hint = `end it with \`{% ${CLOSED_BY[keyword] ?? ''} %}\``;
  return new TemplateSyntaxError(`\`{% ${keyword} %}\` is never closed`, block.span, hint);
}

function misplaced(block: Block, keyword: string, opener: Block | undefined): TemplateSyntaxError {
  const isPart = keyword.startsWith('end') || keyword === 'elif' || keyword === 'else';
  if (!isPart)
    return new TemplateSyntaxError(
      `there is no statement \`{% ${keyword} %}\` here`,
      block.span,
      HINTS[keyword],
    );
  const expected = opener && CLOSED_BY[keywordOf(opener)];
  const message =
    expected === undefined
      ? `\`{% ${keyword} %}\` closes nothing`
      : `\`{% ${keyword} %}\` where \`{% ${expected} %}\` was expected`;
  return new TemplateSyntaxError(message, block.span);
}
