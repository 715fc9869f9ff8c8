/**
 * The last index whose number is at most `limit`, in numbers that ascend (a binary search). The end of the list is no
 * index: of the starts of entries, followed by the number of all rows, it gives the entry of a row. Entries without rows
 * have the same start as the next.
 */
export function lastAtMost(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle;
    else high = middle;
  }
  return low;
}
