import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { decodeBody, isEncoded, textOf } from '../../src/models/wire/decode-body.js';

const text = '{"city":"Malmö"}';
const plain = Buffer.from(text);

describe('a body', () => {
  it.each<[string, Buffer, string]>([
    ['gzip', gzipSync(plain), 'gzip'],
    ['brotli', brotliCompressSync(plain), 'br'],
    ['deflate', deflateSync(plain), 'deflate'],
    ['deflate without its zlib header', deflateRawSync(plain), 'deflate'],
    ['gzip twice', gzipSync(gzipSync(plain)), 'gzip, gzip'],
    ['gzip that no header names', gzipSync(plain), ''],
    ['plain text that is called gzip', plain, 'gzip'],
    ['plain text in chunks of AWS', plain, 'aws-chunked'],
    ['brotli of deflate', brotliCompressSync(deflateSync(plain)), 'deflate, br'],
  ])('is read: %s', async (_what, bytes, encoding) => {
    expect(isEncoded(bytes, encoding)).toBe(true);
    expect(await decodeBody(bytes, encoding, 'application/json', 1000)).toBe(text);
  });

  it.each<[string, Buffer, string]>([
    ['that is cut', gzipSync(Buffer.alloc(1000, 'ab')).subarray(0, 20), 'gzip'],
    ['that is too long', gzipSync(Buffer.alloc(2000)), 'gzip'],
    ['in an unknown encoding', plain, 'compress'],
  ])('%s is not', async (_what, bytes, encoding) => {
    await expect(decodeBody(bytes, encoding, '', 1000)).rejects.toThrow();
  });

  it('is UTF-8, unless its bytes say otherwise', () => {
    expect(textOf(plain, 'application/json')).toBe(text);
    expect(textOf(Buffer.from(`\uFEFF${text}`), '')).toBe(text);
    expect(textOf(Buffer.from(`\uFEFF${text}`, 'utf16le'), 'application/json; charset=utf-16le')).toBe(text);
    expect(textOf(Buffer.from(text, 'latin1'), 'application/json; charset=iso-8859-1')).toBe(text);
    expect(textOf(plain, 'application/json; charset=iso-8859-1')).toBe(text);
  });
});
