/**
 * The type of an image, a sound or a film, from its own bytes: names, declared types and endings are what others say
 * about it. Nine formats are known by their signatures, and their outer structure is walked, which finds files that were
 * cut. (The PNG chunks: https://www.w3.org/TR/png-3/#5DataRep; RIFF: WebP and WAV; ISO media boxes: MP4 and MOV.)
 */
import { crc32 } from 'node:zlib';
import { err, ok, type Result } from './result.js';

export type Modality = 'image' | 'audio' | 'video';

export interface MediaType {
  readonly modality: Modality;
  /** `image/png`. */
  readonly mime: string;
  /** The end of a file name, without a dot. */
  readonly extension: string;
}

const type = (modality: Modality, mime: string, extension: string): MediaType => ({
  modality,
  mime,
  extension,
});

const TYPES = {
  png: type('image', 'image/png', 'png'),
  jpg: type('image', 'image/jpeg', 'jpg'),
  gif: type('image', 'image/gif', 'gif'),
  webp: type('image', 'image/webp', 'webp'),
  mp3: type('audio', 'audio/mpeg', 'mp3'),
  wav: type('audio', 'audio/wav', 'wav'),
  mp4: type('video', 'video/mp4', 'mp4'),
  mov: type('video', 'video/quicktime', 'mov'),
  webm: type('video', 'video/webm', 'webm'),
} as const;

/** The most bytes of one image, sound or film. */
export const largestMedia = 32 * 2 ** 20;

/** The type of the bytes, or why they are none that is known, in words. */
export function mediaTypeOf(bytes: Buffer): Result<MediaType, string> {
  if (bytes.length === 0) return err('it is empty');
  if (bytes.length > largestMedia) return err(`it has more than ${largestMedia / 2 ** 20} MB`);
  const found = signatureOf(bytes);
  if (!found) return err(`its bytes are of no known type (it begins with ${beginning(bytes)})`);
  const broken = faultOf(found, bytes);
  return broken === undefined ? ok(TYPES[found]) : err(`the ${found.toUpperCase()} is broken: ${broken}`);
}

function signatureOf(bytes: Buffer): keyof typeof TYPES | undefined {
  const has = (text: string, at = 0): boolean =>
    bytes.subarray(at, at + text.length).equals(Buffer.from(text, 'latin1'));
  if (has('\x89PNG\r\n\x1a\n')) return 'png';
  if (has('\xff\xd8\xff')) return 'jpg';
  if (has('GIF87a') || has('GIF89a')) return 'gif';
  if (has('RIFF') && has('WEBP', 8)) return 'webp';
  if (has('RIFF') && has('WAVE', 8)) return 'wav';
  if (has('ID3')) return 'mp3';
  // A frame header of MPEG audio: 11 bits of sync, layer III.
  if (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe6) === 0xe2) return 'mp3';
  if (has('ftypqt  ', 4) || has('moov', 4) || has('wide', 4)) return 'mov';
  if (has('ftyp', 4)) return 'mp4';
  if (has('\x1a\x45\xdf\xa3') && bytes.subarray(0, 64).includes('webm')) return 'webm';
  return undefined;
}

/** What is wrong with the structure of the bytes. */
function faultOf(format: keyof typeof TYPES, bytes: Buffer): string | undefined {
  switch (format) {
    case 'png':
      return pngFault(bytes);
    case 'jpg':
      return bytes.lastIndexOf(Buffer.from([0xff, 0xd9])) > 2 ? undefined : cut;
    case 'gif':
      return bytes.length > 13 ? undefined : cut;
    case 'webp':
    case 'wav':
      // Programs that write to a pipe leave the length of a WAV open.
      return bytes.length >= 12 && (format === 'wav' || bytes.readUInt32LE(4) + 8 <= bytes.length)
        ? undefined
        : cut;
    default:
      return bytes.length > 12 ? undefined : cut;
  }
}

const cut = 'its end is missing';

function pngFault(bytes: Buffer): string | undefined {
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) return cut;
    const name = bytes.toString('latin1', at + 4, at + 8);
    if (at === 8 && name !== 'IHDR') return 'it does not begin with its header';
    if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end))
      return `the checksum of ${JSON.stringify(name)} is wrong`;
    if (name === 'IEND') return undefined;
    at = end + 4;
  }
  return cut;
}

function beginning(bytes: Buffer): string {
  const first = bytes.subarray(0, 8);
  const text = first.toString('latin1');
  return /^[\x20-\x7e]+$/.test(text) ? JSON.stringify(text) : first.toString('hex');
}

/** The bytes of base64, or why it is none. Line breaks and blanks are allowed in it. */
export function bytesOfBase64(text: string): Result<Buffer, string> {
  if (text.length > largestMedia * 1.4) return err(`it has more than ${largestMedia / 2 ** 20} MB`);
  const plain = /\s/.test(text) ? text.replaceAll(/\s+/g, '') : text;
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(plain) && plain.replace(/=+$/, '').length % 4 !== 1;
  if (!isBase64) return err('it is not base64');
  return ok(Buffer.from(plain, 'base64'));
}
