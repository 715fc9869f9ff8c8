/** The nodes that each node depends on. Names of other things are ignored. */
export type Needs = ReadonlyMap<string, readonly string[]>;

export interface Order {
  /** Topologically sorted: every node after those it depends on; otherwise in the order of `needs`. */
  readonly sorted: readonly string[];
  /** Nodes in a cycle, or that depend on one. */
  readonly stuck: readonly string[];
}

/** A stable topological sort: a node moves only if it must. */
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

/** One shortest cycle for each strongly connected group of nodes, starting with its first node. */
export function findCycles(needs: Needs): readonly (readonly string[])[] {
  const cycles: (readonly string[])[] = [];
  const reported = new Set<string>();
  for (const node of sortByNeeds(needs).stuck) {
    if (reported.has(node)) continue;
    const cycle = shortestCycle(needs, node);
    if (!cycle) continue;
    cycles.push(cycle);
    for (const member of groupOf(needs, node)) reported.add(member);
  }
  return cycles;
}

/** The shortest path from a node to itself, breadth first; `undefined` when there is none. */
function shortestCycle(needs: Needs, start: string): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    for (const needed of knownNeeds(needs, node)) {
      if (needed === start) return pathTo(node, start, cameFrom);
      if (cameFrom.has(needed)) continue;
      cameFrom.set(needed, node);
      queue.push(needed);
    }
  }
  return undefined;
}

function pathTo(node: string, start: string, cameFrom: ReadonlyMap<string, string>): readonly string[] {
  const path = [node];
  for (let at = node; at !== start;) {
    at = cameFrom.get(at) ?? start;
    path.unshift(at);
  }
  return path;
}

/** The strongly connected group of a node: those that it depends on and that depend on it, itself included. */
function groupOf(needs: Needs, node: string): readonly string[] {
  return [...allNeeds(needs, node)].filter((needed) => allNeeds(needs, needed).has(node));
}

/** Everything that a node depends on, directly or indirectly. */
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
