/**
 * What a plugin is made of as one hash, so that two machines can tell whether they have the same one.
 *
 * - A plugin that is named by a path: its file and the files that it names by relative paths in `import`, `export … from`,
 *   `require` and `new URL('./…', import.meta.url)`, and those that these name.
 * - A plugin that is named as an npm package: all files of the folder of the package, without `node_modules` and names
 *   that begin with a dot. A link is not followed: its target is hashed as text.
 *
 * The hash is the SHA-256 of one line for each file, in the order of the names: its name relative to the folder of the
 * plugin, with `/`, and the SHA-256 of its bytes.
 */
import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isObject } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import { findPlugin } from './find-plugin.js';

export interface PluginDigest {
  /** As the recipe names it. */
  readonly plugin: string;
  /** Of its package. */
  readonly version?: string;
  readonly sha256: string;
}

/** A plugin with more than that is not compared. */
export interface DigestLimits {
  readonly files: number;
  readonly bytes: number;
}

const LIMITS: DigestLimits = { files: 10_000, bytes: 256 * 2 ** 20 };

/** The plugins of a recipe. A plugin that is not there is left out: loading it says so. */
export async function digestPlugins(
  specifiers: readonly string[],
  from: string,
  limits?: DigestLimits,
): Promise<Result<readonly PluginDigest[], string>> {
  const digests: PluginDigest[] = [];
  for (const specifier of specifiers) {
    const file = await findPlugin(specifier, from);
    const digest = file === undefined ? undefined : await digestPlugin(specifier, file, limits);
    if (digest?.ok === false) return digest;
    if (digest) digests.push(digest.value);
  }
  return ok(digests);
}

/**
 * @param specifier as the recipe names it
 * @param file its real path
 * @returns the error is a sentence
 */
export async function digestPlugin(
  specifier: string,
  file: string,
  most = LIMITS,
): Promise<Result<PluginDigest, string>> {
  const refused = (reason: string): Result<never, string> =>
    err(`the plugin \`${specifier}\` cannot be compared between machines: ${reason}`);
  try {
    const found = isPath(specifier) ? undefined : await findPackage(file);
    const root = found?.folder ?? dirname(file);
    const paths = found ? await filesOfPackage(root, most.files) : await filesOfModule(file, most);
    if (paths.length > most.files) return refused(`it has more than ${most.files} files`);
    const lines: string[] = [];
    let bytes = 0;
    for (const [name, path] of paths.map((each) => [nameIn(root, each), each] as const).sort(byName)) {
      const info = await lstat(path);
      bytes += info.size;
      if (bytes > most.bytes) return refused(`its files have more than ${most.bytes / 2 ** 20} MB`);
      if (info.isSymbolicLink()) lines.push(`${name} -> ${await readlink(path)}`);
      else if (info.isFile()) lines.push(`${name} ${await hashOf(path)}`);
    }
    const version = found?.version;
    return ok({
      plugin: specifier,
      ...(version !== undefined && { version }),
      sha256: hash('sha256', lines.join('\n')),
    });
  } catch (error) {
    return refused((error as Error).message);
  }
}

const isPath = (specifier: string): boolean => /^(?:\.{0,2}\/|[A-Za-z]:[\\/]|file:)/.test(specifier);

const nameIn = (root: string, path: string): string => relative(root, path).split(sep).join('/');

const byName = ([one]: readonly [string, string], [other]: readonly [string, string]): number =>
  one < other ? -1 : 1;

async function hashOf(path: string): Promise<string> {
  const sum = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) sum.update(chunk);
  return sum.digest('hex');
}

/** The nearest folder with a package.json that has a name: packages of two kinds of modules have some without one inside. */
async function findPackage(
  file: string,
): Promise<{ readonly folder: string; readonly version?: string } | undefined> {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
    const manifest: unknown = text === undefined ? undefined : JSON.parse(text);
    if (!isObject(manifest) || typeof manifest['name'] !== 'string') continue;
    const { version } = manifest;
    return { folder, ...(typeof version === 'string' && { version }) };
  }
  return undefined;
}

async function filesOfPackage(folder: string, most: number): Promise<readonly string[]> {
  const files: string[] = [];
  const folders = [folder];
  // What is found meanwhile is visited too.
  for (const each of folders) {
    if (files.length > most) break;
    for (const entry of await readdir(each, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      (entry.isDirectory() ? folders : files).push(join(each, entry.name));
    }
  }
  return files;
}

/** Paths that code names beside itself. A name in a comment counts too, where there is such a file. */
const NAMED =
  /(?:\bfrom|\bimport|\brequire|\bnew\s+URL)\s*\(?\s*(?:'(\.{1,2}\/[^'\n]+)'|"(\.{1,2}\/[^"\n]+)"|`(\.{1,2}\/[^`$\n]+)`)/g;

const CODE: ReadonlySet<string> = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '']);

async function filesOfModule(entry: string, most: DigestLimits): Promise<readonly string[]> {
  const found = new Set([entry]);
  // What is found meanwhile is visited too.
  for (const file of found) {
    if (found.size > most.files) break;
    if (!CODE.has(extname(file)) || (await stat(file)).size > most.bytes) continue;
    for (const [, ...names] of (await readFile(file, 'utf8')).matchAll(NAMED)) {
      const target = await resolveBeside(names.find((name) => name !== undefined) ?? '', file);
      if (target !== undefined) found.add(target);
    }
  }
  return [...found];
}

/** The real path of a file that a module names, as Node finds it; `undefined` where there is none. */
async function resolveBeside(name: string, module: string): Promise<string | undefined> {
  const url = new URL(name, pathToFileURL(module));
  [url.search, url.hash] = ['', ''];
  const exact = await realpath(fileURLToPath(url)).catch(() => undefined);
  if (exact !== undefined && (await stat(exact)).isFile()) return exact;
  try {
    return await realpath(createRequire(module).resolve(name));
  } catch {
    return undefined;
  }
}
