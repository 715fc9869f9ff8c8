import { describe, expect, it } from '@jest/globals';
import { bytesOfBase64, largestMedia, mediaTypeOf } from '../../src/core/media-type.js';
import { files, png } from '../rig/media.js';

describe('the type of bytes', () => {
  it.each([
    ['png', 'image/png'],
    ['jpg', 'image/jpeg'],
    ['gif', 'image/gif'],
    ['webp', 'image/webp'],
    ['mp3', 'audio/mpeg'],
    ['wav', 'audio/wav'],
    ['mp4', 'video/mp4'],
    ['mov', 'video/quicktime'],
    ['webm', 'video/webm'],
  ] as const)('is found for %s', (name, mime) => {
    expect(mediaTypeOf(files[name])).toMatchObject({ ok: true, value: { mime, extension: name } });
  });

  it('is found for MPEG audio without a tag', () => {
    expect(mediaTypeOf(Buffer.from('fffb9000aaaaaaaaaaaaaaaaaa', 'hex'))).toMatchObject({
      value: { mime: 'audio/mpeg' },
    });
  });

  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'it is empty'],
    ['a text', Buffer.from('root:x:0:0'), 'its bytes are of no known type (it begins with "root:x:0")'],
    [
      'an SVG',
      Buffer.from('<svg onload="x"/>'),
      'its bytes are of no known type (it begins with "<svg onl")',
    ],
    [
      'a key',
      Buffer.from('-----BEGIN OPENSSH'),
      'its bytes are of no known type (it begins with "--------")',
    ],
    ['a PNG that was cut', png.subarray(0, 60), 'the PNG is broken: its end is missing'],
    ['the signature alone', png.subarray(0, 8), 'the PNG is broken: its end is missing'],
    ['a flipped bit', flipped(png, 45), 'the PNG is broken: the checksum of "IDAT" is wrong'],
    ['a JPEG that was cut', files.jpg.subarray(0, 20), 'the JPG is broken: its end is missing'],
    ['a WebP that was cut', files.webp.subarray(0, 16), 'the WEBP is broken: its end is missing'],
  ])('is none for %s', (_, bytes, error) => {
    expect(mediaTypeOf(bytes)).toEqual({ ok: false, error: error.replace('"--------"', '"-----BEG"') });
  });

  it('is none for what is too large', () => {
    expect(mediaTypeOf(Buffer.alloc(largestMedia + 1))).toEqual({
      ok: false,
      error: 'it has more than 32 MB',
    });
  });
});

describe('base64', () => {
  it('may be in lines', () => {
    const text = png.toString('base64').replaceAll(/.{20}/g, '$&\r\n');
    expect(bytesOfBase64(text)).toEqual({ ok: true, value: png });
  });

  it.each(['', 'no base64!', '====', 'a-b_'])('is not %j', (text) => {
    expect(bytesOfBase64(text).ok).toBe(false);
  });

  it('is not decoded when it is too long', () => {
    expect(bytesOfBase64('A'.repeat(largestMedia * 1.5))).toEqual({
      ok: false,
      error: 'it has more than 32 MB',
    });
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
