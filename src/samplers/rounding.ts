import type { JsonSchema } from '../core/json.js';

/** The param of samplers whose numbers can be rounded. */
export const DECIMAL_PLACES: JsonSchema = {
  type: 'integer',
  minimum: -300,
  maximum: 300,
  description: 'Round to so many decimal places, half to even. Negative: to tens, hundreds and so on.',
};

/** Rounds to a whole number; half of one goes to the even neighbour, as in Python and numpy. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return rest < 0.5 ? below : below + 1;
}

/** Returns a function that rounds to decimal places as numpy does: scale, round half to even, scale back. */
export function rounderTo(places: number): (value: number) => number {
  // Read, not computed: versions of Node differ in the last digit of a power.
  const scale = Number(`1e${Math.abs(places)}`);
  return (value) => {
    const scaled = places < 0 ? value / scale : value * scale;
    // So large that it has no such decimal places.
    if (!Number.isFinite(scaled)) return value;
    const rounded = roundHalfEven(scaled);
    return (places < 0 ? rounded * scale : rounded / scale) + 0;
  };
}

export const roundTo = (value: number, places: number): number => rounderTo(places)(value);
