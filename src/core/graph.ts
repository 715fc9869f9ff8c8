/** Which nodes each node needs. Names that are no node are not looked at. */
export type Needs = ReadonlyMap<string, readonly string[]>;

export interface Order {
  /** Every node after those it needs; otherwise in the order of `needs`. */
  readonly sorted: readonly string[];
  /** Nodes that stand in a circle, or need one that does. */
  readonly stuck: readonly string[];
}

/** Sorts nodes so that what is needed comes first, moving no node that need not be moved. */
export function sortByNeeds(needs: Needs): Order {
  const sorted = new Set<string>();
  let waiting = [...needs.keys()];
  while (waiting.length > 0) {
    const next = waiting.find((node) => knownNeeds(needs, node).every((needed) => sorted.has(needed)));
    if (next === undefined) break;
    sorted.add(next);
    waiting = waiting.filter((node) => node !== next);
  }
  return { sorted: [...sorted], stuck: waiting };
}

/** One shortest circle for each group of nodes that need one another, each beginning with its first node. */
export function findCycles(needs: Needs): readonly (readonly string[])[] {
  const cycles: (readonly string[])[] = [];
  const told = new Set<string>();
  for (const node of sortByNeeds(needs).stuck) {
    if (told.has(node)) continue;
    const cycle = shortestWayBack(needs, node);
    if (!cycle) continue;
    cycles.push(cycle);
    for (const member of needing(needs, node)) told.add(member);
  }
  return cycles;
}

/** The shortest path from a node to itself, breadth first; `undefined` when there is none. */
function shortestWayBack(needs: Needs, start: string): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    for (const needed of knownNeeds(needs, node)) {
      if (needed === start) return wayTo(node, start, cameFrom);
      if (cameFrom.has(needed)) continue;
      cameFrom.set(needed, node);
      queue.push(needed);
    }
  }
  return undefined;
}

function wayTo(node: string, start: string, cameFrom: ReadonlyMap<string, string>): readonly string[] {
  const way = [node];
  for (let at = node; at !== start;) {
    at = cameFrom.get(at) ?? start;
    way.unshift(at);
  }
  return way;
}

/** The nodes that a node needs and that need it in turn, itself included. */
function needing(needs: Needs, node: string): readonly string[] {
  return [...allNeeds(needs, node)].filter((needed) => allNeeds(needs, needed).has(node));
}

/** Everything a node needs, directly or through others. */
export function allNeeds(needs: Needs, node: string): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [...knownNeeds(needs, node)];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    queue.push(...knownNeeds(needs, next));
  }
  return found;
}

function knownNeeds(needs: Needs, node: string): readonly string[] {
  return (needs.get(node) ?? []).filter((needed) => needs.has(needed));
}
