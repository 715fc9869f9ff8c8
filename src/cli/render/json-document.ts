/**
 * A value as JSON for machines that a person may look at, too: whatever could steer a terminal or turn text around
 * is written as an escape, which JSON reads as the very same text.
 */
export function jsonDocument(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replaceAll(
    /[\u007f-\u009f]|[\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) =>
      Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(''),
  );
}

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;
