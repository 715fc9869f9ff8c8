/** Small files of every kind that is known, each whole. */
import { hash } from 'node:crypto';
import { plainPng } from '../../src/models/fabricate.js';

/** A PNG of one pixel. */
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);

const riff = (kind: string, body: Buffer): Buffer => {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length + 4);
  return Buffer.concat([Buffer.from('RIFF'), size, Buffer.from(kind), body]);
};

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

export const files = {
  png,
  jpg: latin('\xff\xd8\xff\xe0\x00\x10JFIF\x00 some pixels \xff\xd9'),
  gif: latin('GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00;'),
  webp: riff('WEBP', latin('VP8 \x04\x00\x00\x00abcd')),
  mp3: latin('ID3\x04\x00\x00\x00\x00\x00\x00 some sound'),
  wav: riff('WAVE', latin('fmt \x10\x00\x00\x00 some sound')),
  mp4: latin('\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2 a film'),
  mov: latin('\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt   a film'),
  webm: latin('\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1fB\x82\x84webm a film'),
} as const;

export const sha256 = (bytes: Buffer): string => hash('sha256', bytes);

/** A PNG of another colour for each name. */
export const pngOf = (name: string): Buffer => plainPng(hash('sha256', name, 'buffer'));
