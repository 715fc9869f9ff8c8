import fc from 'fast-check';

/** What is done to a file; positions count modulo its length, lines modulo their number. */
export type Damage =
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'overwrite' | 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | {
      readonly kind: 'delete line' | 'repeat line' | 'swap lines';
      readonly line: number;
      readonly other: number;
    };

const TEXTS = ['\n', '\n\n', '\r', '}', '{', '"', '[1]\n', '\nnull\n', '\uFEFF', '\0'.repeat(600)];
const LINES = ['{}', '{"__proto__":{"polluted":1}}', '{"type":"user","message":{"content":{}}}'];

const garbage = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 12 }),
  fc
    .constantFrom(...TEXTS, ...LINES.map((line) => `\n${line}\n`))
    .map((text) => new TextEncoder().encode(text)),
);

/** One to three mishaps of the kinds that befall files. */
export const damages: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
    fc.record({ kind: fc.constantFrom('overwrite', 'insert'), at: fc.nat(), bytes: garbage }),
    fc.record({
      kind: fc.constantFrom('delete line', 'repeat line', 'swap lines'),
      line: fc.nat(),
      other: fc.nat(),
    }),
  ),
  { minLength: 1, maxLength: 3 },
);

export function withDamages(whole: Buffer, done: readonly Damage[]): Buffer {
  return done.reduce(withDamage, whole);
}

function withDamage(bytes: Buffer, damage: Damage): Buffer {
  switch (damage.kind) {
    case 'cut':
      return bytes.subarray(0, damage.at % (bytes.length + 1));
    case 'overwrite':
    case 'insert': {
      const at = damage.at % (bytes.length + 1);
      const after = damage.kind === 'insert' ? at : at + damage.bytes.length;
      return Buffer.concat([bytes.subarray(0, at), damage.bytes, bytes.subarray(after)]);
    }
    default: {
      const lines = linesOf(bytes);
      const changed = withLineDamage(lines, damage.line % lines.length, damage);
      return Buffer.concat(changed.flatMap((line, nth) => (nth === 0 ? [line] : [NEWLINE, line])));
    }
  }
}

function withLineDamage(
  lines: readonly Buffer[],
  position: number,
  damage: Exclude<Damage, { readonly at: number }>,
): readonly Buffer[] {
  const line = lines[position] ?? NOTHING;
  if (damage.kind === 'delete line') return lines.toSpliced(position, 1);
  if (damage.kind === 'repeat line') return lines.toSpliced(position, 0, line);
  const other = damage.other % lines.length;
  return lines.with(position, lines[other] ?? NOTHING).with(other, line);
}

const NEWLINE = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);

/** The lines of a file, without the newlines between them. */
export function linesOf(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return [...lines, bytes.subarray(start)];
}
