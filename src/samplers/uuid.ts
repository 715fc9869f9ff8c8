import type { Random } from '../core/random.js';
import type { SamplerType } from './types.js';

type UuidParams = {
  readonly prefix?: string;
  readonly short_form?: boolean;
  readonly uppercase?: boolean;
};

/** `uuid`: a random UUID (version 4) without hyphens, or its first 8 digits. */
export const uuid: SamplerType<UuidParams> = {
  type: 'uuid',
  summary: 'A random id.',
  schema: {
    properties: {
      prefix: { type: 'string', description: 'Text in front of the id, kept as it is written.' },
      short_form: {
        type: 'boolean',
        default: false,
        description: 'Only 8 digits: in 10,000 rows two are equal about once in 90 runs.',
      },
      uppercase: { type: 'boolean', default: false, description: 'Digits as `A` to `F`.' },
    },
    required: [],
  },
  convert: 'none',
  valueSchema: () => ({ type: 'string' }),
  prepare:
    ({ prefix = '', short_form = false, uppercase = false }) =>
    (random) => {
      const id = short_form ? word(random) : versionFour(random);
      return prefix + (uppercase ? id.toUpperCase() : id);
    },
};

/** A UUID of version 4, without hyphens. */
export function versionFour(random: Random): string {
  const [a, b, c, d] = [word(random), word(random), word(random), word(random)];
  const variant = '89ab'.charAt(Number.parseInt(c.charAt(0), 16) & 3);
  return `${a}${b.slice(0, 4)}4${b.slice(5)}${variant}${c.slice(1)}${d}`;
}

/** 32 random bits as 8 digits. */
function word(random: Random): string {
  const bits = Math.floor(random() * 2 ** 32);
  return digits(bits >>> 24) + digits(bits >>> 16) + digits(bits >>> 8) + digits(bits);
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const digits = (byte: number): string => BYTES[byte & 255] ?? '';
