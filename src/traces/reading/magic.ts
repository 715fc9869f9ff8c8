/** What a file that is no text is, by its first bytes. */
const MAGIC: readonly (readonly [what: string, bytes: string, offset?: number])[] = [
  ['a ZIP archive', 'PK\x03\x04'],
  ['a 7-Zip archive', '7z\xbc\xaf\x27\x1c'],
  ['a RAR archive', 'Rar!\x1a\x07'],
  ['a tar archive', 'ustar', 257],
  ['compressed with bzip2', 'BZh'],
  ['compressed with xz', '\xfd7zXZ\0'],
  ['compressed with LZ4', '\x04\x22\x4d\x18'],
  ['a Parquet file', 'PAR1'],
  ['an Arrow file', 'ARROW1'],
  ['an Avro file', 'Obj\x01'],
  ['an SQLite database', 'SQLite format 3\0'],
  ['a LevelDB table', '\x57\xfb\x80\x8b\x24\x75\x47\xdb'],
  ['a PDF', '%PDF-'],
  ['a PNG image', '\x89PNG'],
  ['a JPEG image', '\xff\xd8\xff'],
  ['a program', '\x7fELF'],
];

/** In words; `undefined` for text. Of an unknown kind, the first bytes are named. */
export function kindOfBinary(bytes: Buffer): string | undefined {
  const known = MAGIC.find(([, magic, offset = 0]) =>
    bytes.subarray(offset, offset + magic.length).equals(Buffer.from(magic, 'latin1')),
  );
  if (known) return `${known[0]}, not text`;
  if (!looksBinary(bytes)) return undefined;
  const first = bytes
    .subarray(0, 4)
    .toString('hex')
    .replaceAll(/..(?=.)/g, '$& ');
  return `binary, not text (begins with ${first})`;
}

/** True when bytes cannot be text: no text has a NUL. */
export function looksBinary(bytes: Buffer): boolean {
  return bytes.subarray(0, 4096).includes(0);
}
