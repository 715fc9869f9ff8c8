import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type ZlibOptions } from 'node:zlib';

/** Compression is not asked for, but some gateways compress all the same. */
const decoders: ReadonlyMap<string, (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>> = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

/**
 * The text of a body, decompressed where its `Content-Encoding` (RFC 9110, 8.4) says so. Rejects when it is cut
 * off, larger than `longest` bytes, or in an encoding that Node does not know.
 */
export async function decodeBody(
  chunks: readonly Buffer[],
  encoding: string | null,
  longest: number,
): Promise<string> {
  const [first] = chunks;
  const bytes = chunks.length === 1 && first ? first : Buffer.concat(chunks);
  const name = encoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return textOf(bytes);
  const decode = decoders.get(name);
  if (!decode) throw new Error(`its body is encoded as ${name}, which was not asked for`);
  return textOf(await decode(bytes, { maxOutputLength: longest }));
}

/** UTF-8, as RFC 8259 has it, without the byte order mark that some servers put first. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
