/** Which spans belong to which agent. */
import { firstText } from '../../fields.js';
import { groupBy } from '../../sessions.js';
import { byTime, type Span } from './spans.js';
import { inputOf, outputOf } from './exchange.js';

export interface Agent {
  /** The id of its span. */
  readonly id: string;
  readonly name: string | undefined;
  /** False for an agent that another one started. */
  readonly main: boolean;
  /** Its spans, without those of agents that it started, in the order of time. */
  readonly spans: readonly Span[];
  /** Those of them that called a model; a span around other calls is none. */
  readonly calls: readonly Span[];
  /** The span at the top. */
  readonly top: Span;
  /** The tool that started it. */
  readonly startedBy: Span | undefined;
}

/** The agents of a conversation, the main one first. Spans above all agents belong to the main one. */
export function agentsOf(spans: readonly Span[]): readonly Agent[] {
  const parents = createParents(spans);
  const outer = (span: Span): Span | undefined => parents(span).find(({ kind }) => kind === 'agent');
  const agentOf = (span: Span): Span | undefined => (span.kind === 'agent' ? span : outer(span));
  const wrappers = wrappersAmong(spans, parents);
  const isCall = (span: Span): boolean => span.kind === 'model' && !wrappers.has(span);

  const isTop = (span: Span): boolean => span.kind === 'agent' && outer(span) === undefined;
  const hasOwnCalls = spans.some((span) => isCall(span) && agentOf(span) === undefined);
  const first = hasOwnCalls ? undefined : spans.find(isTop);
  // Later turns of a conversation are further runs of the same agent.
  const isMain = (agent: Span | undefined): boolean =>
    agent === undefined ||
    (first !== undefined && isTop(agent) && (agent === first || isAgain(agent, first)));

  const byAgent = groupBy(spans, (span) => {
    const agent = agentOf(span);
    return isMain(agent) ? undefined : agent;
  });
  // The main agent comes first.
  const groups = new Map<Span | undefined, readonly Span[]>([[undefined, []], ...byAgent]);
  joinOnlyChild();
  return [...groups].flatMap(([agent, own]): readonly Agent[] => {
    const top = agent ?? first ?? own.find(({ parentId }) => parentId === undefined) ?? own[0];
    if (!top) return [];
    return [
      {
        id: top.id,
        name: top.kind === 'agent' ? nameOf(top) : undefined,
        main: agent === undefined,
        spans: own,
        calls: own.filter(isCall),
        top,
        startedBy: agent && parents(agent).find(({ kind }) => kind !== 'other' && kind !== 'model'),
      },
    ].map((one) => (one.startedBy?.kind === 'tool' ? one : { ...one, startedBy: undefined }));
  });

  /** An agent that only runs one other agent, and not by a tool, is the same: two libraries recorded it. */
  function joinOnlyChild(): void {
    const main = groups.get(undefined) ?? [];
    const [only, ...others] = [...groups].filter(([agent]) => agent !== undefined);
    if (!only?.[0] || others.length > 0 || main.some(isCall)) return;
    if (parents(only[0]).some(({ kind }) => kind === 'tool')) return;
    groups.clear();
    groups.set(undefined, [...main, ...only[1]].toSorted(byTime));
  }
}

function isAgain(agent: Span, first: Span): boolean {
  return agent.traceId !== first.traceId || nameOf(agent) === nameOf(first);
}

function nameOf({ attributes, name }: Span): string {
  return (
    firstText([attributes('gen_ai.agent.name'), attributes('agent.name')]) ??
    name.replace(/^invoke_agent /, '')
  );
}

/** The spans above a span, the nearest first. Ids may form a circle. */
function createParents(spans: readonly Span[]): (span: Span) => readonly Span[] {
  const byId = new Map(spans.map((span) => [`${span.traceId}:${span.id}`, span]));
  const known = new Map<Span, readonly Span[]>();
  return (span) => {
    const found = known.get(span);
    if (found) return found;
    const above = new Set<Span>();
    for (let at = parentOf(span); at && at !== span && !above.has(at); at = parentOf(at)) above.add(at);
    const list = [...above];
    known.set(span, list);
    return list;
  };

  function parentOf({ traceId, parentId }: Span): Span | undefined {
    return parentId === undefined ? undefined : byId.get(`${traceId}:${parentId}`);
  }
}

/** Model spans around the spans of their calls, such as `ai.generateText` around `ai.generateText.doGenerate`. */
function wrappersAmong(spans: readonly Span[], parents: (span: Span) => readonly Span[]): ReadonlySet<Span> {
  const wrappers = new Set<Span>();
  for (const span of spans) {
    const above = span.kind === 'model' ? parents(span) : [];
    const end = above.findIndex(({ kind }) => kind === 'tool' || kind === 'agent');
    const around = above.slice(0, end === -1 ? undefined : end).filter(({ kind }) => kind === 'model');
    if (around.length > 0 && inputOf(span).length + outputOf(span).length > 0)
      for (const wrapper of around) wrappers.add(wrapper);
  }
  return wrappers;
}
