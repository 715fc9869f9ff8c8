/**
 * Compressed files, recognised by their first bytes: Zstandard, as Codex compresses sessions that are a week old, and
 * gzip. Zstandard is read by the package `fzstd`, loaded only then: Node 20 has none, and that of Node 22 gives nothing
 * for a frame that is cut off, without an error.
 */
import { promisify } from 'node:util';
import { gunzip as inflate, type ZlibOptions } from 'node:zlib';
import { err, ok, type Result } from '../../core/result.js';

const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);

/** In bytes: more than a session has, and less than fits into a buffer. */
const MAX_OUTPUT = 2 ** 30;

export function isPacked(bytes: Buffer): boolean {
  return startsWith(bytes, ZSTD) || startsWith(bytes, GZIP);
}

/** The bytes that were compressed; other bytes are returned as they are. */
export async function unpack(bytes: Buffer): Promise<Result<Buffer, string>> {
  if (!isPacked(bytes)) return ok(bytes);
  try {
    return ok(await (startsWith(bytes, GZIP) ? gunzip(bytes) : unzstd(bytes)));
  } catch {
    return err('compressed, and damaged');
  }
}

function startsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic);
}

function gunzip(bytes: Buffer): Promise<Buffer> {
  return promisify<Buffer, ZlibOptions, Buffer>(inflate)(bytes, { maxOutputLength: MAX_OUTPUT });
}

async function unzstd(bytes: Buffer): Promise<Buffer> {
  const { decompress } = await import('fzstd');
  return Buffer.from(decompress(bytes));
}
