/** Answers: enough for all that the recipes of a repository have in common. */
const MOST = 400;

/**
 * Works out each answer once. What is told apart by the whole of what it is worked out from cannot become out of
 * date: the recipes of a repository share most of their templates and schemas, and from one save of a recipe to the
 * next all but one stay as they are.
 *
 * @param workOut gives the same answer to the same input, always
 * @param keyOf a text that no other input has
 */
export function remembered<In, Out extends object>(
  workOut: (input: In) => Out,
  keyOf: (input: In) => string,
): (input: In) => Out {
  const known = new Map<string, Out>();
  return (input) => {
    const key = keyOf(input);
    const answer = known.get(key) ?? workOut(input);
    // What was asked for last is forgotten last.
    known.delete(key);
    known.set(key, answer);
    if (known.size > MOST) known.delete(known.keys().next().value ?? key);
    return answer;
  };
}
