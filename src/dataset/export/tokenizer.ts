import { estimateTokens } from '../../core/estimate-tokens.js';
import { installCommand } from '../../core/package-folder.js';
import { err, ok, type Result } from '../../core/result.js';

/** Counts the tokens of a text. */
export type Tokenizer = (text: string) => number;

/** Names of OpenAI's encodings, which the optional package `gpt-tokenizer` has. */
const ENCODINGS = ['o200k_base', 'o200k_harmony', 'cl100k_base', 'p50k_base', 'p50k_edit', 'r50k_base'];

/** A tokenizer by its name; without one, an estimate. The error says what to do. */
export async function loadTokenizer(name: string | undefined): Promise<Result<Tokenizer, string>> {
  if (name === undefined) return ok(estimateTokens);
  if (!ENCODINGS.includes(name))
    return err(`there is no tokenizer \`${name}\`; there are ${ENCODINGS.join(', ')}`);
  const module = `gpt-tokenizer/encoding/${name}`;
  try {
    const { countTokens } = (await import(module)) as {
      countTokens: (text: string, options: { allowedSpecial: 'all' }) => number;
    };
    return ok((text) => countTokens(text, { allowedSpecial: 'all' }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return err(`the tokenizer \`${name}\` needs a package: ${installCommand('gpt-tokenizer')}`);
  }
}
