import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import type { ZlibOptions } from 'node:zlib';

type Decoder = (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>;

/**
 * The text of a body. It is decompressed where its `Content-Encoding` (RFC 9110, 8.4) says so, and where it is gzip
 * without a word of that; gateways also compress twice, name an encoding and leave it out, or send `deflate` without
 * its zlib header. Rejects when it is cut off, larger than `longest` bytes, or in an encoding that Node does not know.
 */
export async function decodeBody(
  bytes: Buffer,
  encoding: string,
  type: string,
  longest: number,
): Promise<string> {
  const names = encoding.split(',').map((name) => name.trim());
  let decoded = bytes;
  for (const name of names.toReversed()) decoded = await decodeOnce(decoded, name, longest);
  if (isGzip(decoded)) decoded = await decodeOnce(decoded, 'gzip', longest);
  return textOf(decoded, type);
}

/** True where a body is not text as it came. */
export const isEncoded = (bytes: Buffer, encoding: string): boolean =>
  (encoding !== '' && encoding !== 'identity') || isGzip(bytes);

/** UTF-8, as RFC 8259 has it, without the byte order mark that some servers put first; or what its bytes say. */
export function textOf(bytes: Buffer, type: string): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2);
  const isLatin = /charset="?(?:iso-8859-1|latin1|windows-1252|us-ascii)/i.test(type) && !isUtf8(bytes);
  const text = bytes.toString(isLatin ? 'latin1' : 'utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

async function decodeOnce(bytes: Buffer, name: string, maxOutputLength: number): Promise<Buffer> {
  const { brotliDecompress, gunzip, inflate, inflateRaw } = await import('node:zlib');
  const through = (decode: Parameters<typeof promisify>[0]): Promise<Buffer> =>
    (promisify(decode) as unknown as Decoder)(bytes, { maxOutputLength });
  switch (name) {
    case '':
    case 'identity':
    case 'aws-chunked':
      return bytes;
    case 'gzip':
    case 'x-gzip':
      return isGzip(bytes) ? through(gunzip) : bytes;
    case 'deflate':
      return through(hasZlibHeader(bytes) ? inflate : inflateRaw);
    case 'br':
      return through(brotliDecompress);
    default:
      throw new Error(`its body is encoded as ${name}, which was not asked for`);
  }
}

/** RFC 1950: the first two bytes, as one number, are a multiple of 31. */
const hasZlibHeader = (bytes: Buffer): boolean => {
  const [first = 0, second = 0] = bytes;
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
};
