/** JavaScript and TypeScript, with JSX, by Babel's parser: the grammar and the scopes, not the types. */
import { ok } from '../../core/result.js';
import { judged, RESULT_WITH_MESSAGES } from '../messages.js';
import { load, type CheckedLanguage } from './language.js';

type Babel = typeof import('@babel/parser');
type Plugin = 'jsx' | 'typescript' | 'decorators';

const PACKAGE = '@babel/parser';

const language = (plugins: readonly (readonly Plugin[])[]): CheckedLanguage => ({
  package: PACKAGE,
  result: RESULT_WITH_MESSAGES,
  async check(code) {
    const babel = load(PACKAGE) as Babel;
    const attempts = plugins.map((chosen) => mistakesIn(code, chosen, babel));
    return ok(judged(attempts.find((mistakes) => mistakes.length === 0) ?? attempts[0] ?? []));
  },
});

/** A module, or else a script: `await` at the top and `with` exclude each other. */
function mistakesIn(code: string, plugins: readonly Plugin[], { parse }: Babel): readonly string[] {
  let first: string | undefined;
  for (const sourceType of ['module', 'script'] as const) {
    try {
      parse(code, { sourceType, plugins: [...plugins] });
      return [];
    } catch (error) {
      if (error instanceof RangeError) return ['SyntaxError: the code is nested too deep'];
      if (!(error instanceof SyntaxError)) throw error;
      first ??= `SyntaxError: ${inWords(error)}`;
    }
  }
  return first === undefined ? [] : [first];
}

/** Babel counts columns from 0. */
function inWords(
  error: SyntaxError & { readonly loc?: { readonly line: number; readonly column: number } },
): string {
  const words = error.message.replaceAll(/\s+/g, ' ').replace(/\.? \(\d+:\d+\)$/, '');
  return error.loc ? `${words} at line ${error.loc.line}, column ${error.loc.column + 1}` : words;
}

export const javascript = language([['jsx', 'decorators']]);
/** `<T>x` is a cast in TypeScript, and an element with JSX. */
export const typescript = language([
  ['typescript', 'decorators'],
  ['typescript', 'jsx', 'decorators'],
]);
