import type { Span } from '../core/problem.js';
import { err, ok, type Result } from '../core/result.js';
import type { TemplateProblem, TextTemplate } from './types.js';

type Parse = (text: string) => Result<TextTemplate, readonly TemplateProblem[]>;

const OPENING = '{{ ';

/**
 * A condition in Jinja, with braces around it or without: `x > 3` means `{{ x > 3 }}`, since plain text
 * would be true for every row. Spans are those of the condition as the author wrote it.
 */
export function parseCondition(text: string, parse: Parse): ReturnType<Parse> {
  if (text.trim() === '' || text.includes('{{') || text.includes('{%')) return parse(text);
  const parsed = parse(`${OPENING}${text} }}`);
  const written = <T extends { readonly span: Span }>(place: T): T => ({
    ...place,
    span: asWritten(place.span, text.length),
  });
  if (parsed.ok) {
    const references = parsed.value.references.map(({ compared, ...reference }) => ({
      ...written(reference),
      ...(compared && { compared: { ...compared, values: compared.values.map(written) } }),
    }));
    return ok({ ...parsed.value, references });
  }
  return err(
    parsed.error.map((problem) =>
      written({
        ...problem,
        message: problem.message.replace(/unexpected token: `}}`$/, 'it ends too soon'),
      }),
    ),
  );
}

function asWritten({ offset, length }: Span, end: number): Span {
  const start = Math.max(0, offset - OPENING.length);
  return { offset: start, length: Math.max(0, Math.min(length, end - start)) };
}

/** The text that Jinja prints for values that are false. */
const FALSY = new Set(['', 'false', '0', '0.0', 'none', 'no', '[]', '{}']);

/** Whether the rendered text of a condition means yes. */
export function isTrue(text: string): boolean {
  return !FALSY.has(text.trim().toLowerCase());
}
