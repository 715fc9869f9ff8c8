import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { estimateTokens } from '../../core/estimate-tokens.js';
import { jsonIn } from '../../core/json.js';
import { installCommand } from '../../core/package-folder.js';
import { err, ok, type Result } from '../../core/result.js';

/** Counts the tokens of a text. */
export type Tokenizer = (text: string) => number;

/** Names of OpenAI's encodings, which the optional package `gpt-tokenizer` has. */
const ENCODINGS = ['o200k_base', 'o200k_harmony', 'cl100k_base', 'p50k_base', 'p50k_edit', 'r50k_base'];

/** Whether a tokenizer is a file, the `tokenizer.json` of a model on the Hugging Face Hub, and no encoding. */
export const isTokenizerFile = (name: string): boolean => name.endsWith('.json') || /[/\\]/.test(name);

/**
 * A tokenizer by its name or file; without one, an estimate. The error says what to do.
 *
 * @param cwd the folder that a file is relative to
 */
export async function loadTokenizer(
  name: string | undefined,
  cwd: string,
): Promise<Result<Tokenizer, string>> {
  if (name === undefined) return ok(estimateTokens);
  if (isTokenizerFile(name)) return tokenizerIn(name, resolve(cwd, name));
  if (!ENCODINGS.includes(name))
    return err(
      `there is no tokenizer \`${name}\`; there are ${ENCODINGS.join(', ')}, and files: the tokenizer.json of a model`,
    );
  const module = `gpt-tokenizer/encoding/${name}`;
  const imported = await optional<{
    countTokens: (text: string, options: { allowedSpecial: 'all' }) => number;
  }>(name, 'gpt-tokenizer', async () => import(module) as Promise<never>);
  if (!imported.ok) return imported;
  const { countTokens } = imported.value;
  return ok((text) => countTokens(text, { allowedSpecial: 'all' }));
}

/** Special tokens of a whole text, such as the one it begins with, are not counted: a text here is a part. */
async function tokenizerIn(name: string, file: string): Promise<Result<Tokenizer, string>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return err(`the tokenizer ${name} cannot be read: ${(error as Error).message}`);
  }
  const imported = await optional(name, '@huggingface/tokenizers', () => import('@huggingface/tokenizers'));
  if (!imported.ok) return imported;
  try {
    const tokenizer = new imported.value.Tokenizer(jsonIn(text) ?? {}, {});
    const count: Tokenizer = (part) => tokenizer.encode(part, { add_special_tokens: false }).ids.length;
    count('a');
    return ok(count);
  } catch (error) {
    return err(`${name} is no tokenizer.json of Hugging Face: ${(error as Error).message}`);
  }
}

/** A module of an optional package. */
async function optional<Module>(
  name: string,
  from: string,
  load: () => Promise<Module>,
): Promise<Result<Module, string>> {
  try {
    return ok(await load());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return err(`the tokenizer \`${name}\` needs a package: ${installCommand(from)}`);
  }
}
