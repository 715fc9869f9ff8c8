import type { MadeStage } from '../../run/request.js';
import type { StageToMake } from '../../run/stages/make-stages.js';
import type { RecordStyle } from './record-style.js';
import { compact, count, money, safe } from './text.js';

/** The heading of a stage, and what the stages before it have left out. */
export function renderStage(
  { name, index, count: all, missing }: StageToMake,
  { bold }: RecordStyle,
): string {
  return [
    `${index > 0 ? '\n' : ''}${bold(`stage ${safe(name)}`)} (${index + 1} of ${all})`,
    ...missing.map(
      ({ stage, failed }) =>
        `note: ${count(failed, 'row')} of stage ${safe(stage)} failed and have no part in it`,
    ),
  ].join('\n');
}

/** What all stages made and cost together. */
export function renderAllStages(
  stages: readonly MadeStage[],
  next: string | undefined,
  { bold }: RecordStyle,
): string {
  const spent = stages.map(({ outcome }) => outcome.metadata.cost.this_run);
  const tokens = spent.reduce((sum, one) => sum + one.tokens.input + one.tokens.output, 0);
  const known = spent.flatMap(({ usd }) => (usd === null ? [] : [usd]));
  const least = spent.some(({ usd, usd_is_minimum: isMinimum }) => usd === null || isMinimum);
  const usd = known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0);
  const cost = usd === null ? 'cost not known' : money(usd, least);
  const calls = stages
    .flatMap(({ outcome }) => outcome.metadata.usage)
    .reduce((sum, alias) => sum + alias.calls, 0);
  const isDry = stages.some(({ outcome }) => outcome.metadata.fabricated);
  const work = isDry ? 'dry run' : `${count(calls, 'call')}, ${compact(tokens)} tokens, ${cost}`;
  return [
    ...(stages.length > 1 ? [`\n${bold(`all ${stages.length} stages`)}: ${work}`] : []),
    ...(next === undefined ? [] : [next]),
  ].join('\n');
}
