/** Results to keep: enough for the templates and schemas that the recipes of a repository share. */
const maxResults = 400;

/**
 * Caches the results of a pure function (least recently used ones are dropped). The recipes of a repository share
 * most of their templates and schemas, and saving a recipe changes few of them.
 *
 * The `lru-cache` package is not used: loading it alone adds several milliseconds to every start of `dd`.
 *
 * @param compute returns the same result for the same input
 * @param keyOf a text that is unique to the input
 */
export function memoize<In, Out extends object>(
  compute: (input: In) => Out,
  keyOf: (input: In) => string,
): (input: In) => Out {
  const known = new Map<string, Out>();
  return (input) => {
    const key = keyOf(input);
    const result = known.get(key) ?? compute(input);
    // A Map iterates in insertion order, so the first key is the least recently used.
    known.delete(key);
    known.set(key, result);
    if (known.size > maxResults) known.delete(known.keys().next().value ?? key);
    return result;
  };
}
