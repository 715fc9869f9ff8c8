/**
 * Compressed files, recognised by their first bytes: Zstandard, as Codex compresses sessions that are a week old, and
 * gzip. Node has Zstandard from version 22.15 on; before that the package `fzstd` decompresses, loaded only then.
 */
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
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
  return promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip)(bytes, { maxOutputLength: MAX_OUTPUT });
}

async function unzstd(bytes: Buffer): Promise<Buffer> {
  const native = (zlib as { readonly zstdDecompressSync?: typeof zlib.gunzipSync }).zstdDecompressSync;
  if (native) return native(bytes, { maxOutputLength: MAX_OUTPUT });
  const { decompress } = await import('fzstd');
  return Buffer.from(decompress(bytes));
}
