import type { Problem } from '../core/problem.js';

/** What is known of a recipe when its mistakes are weighed. */
export interface Excuses {
  /** Data Designer wrote it. */
  readonly isExported: boolean;
  /** Positions in `model_configs` of models that no column asks. */
  readonly unasked: ReadonlySet<number>;
}

/** They stay errors in a model that no column asks, too. */
const NEVER = new Set(['literal-key', 'duplicate-model']);

/**
 * Mistakes that are no reason to refuse a recipe become warnings: those of a model that no column asks (a config that
 * Data Designer exported has a dozen of them), and, in such a config, comparisons that hold in no row.
 */
export function excuse(problems: readonly Problem[], { isExported, unasked }: Excuses): readonly Problem[] {
  const lacksPlugin = problems.some(({ code }) => code.startsWith('plugin-'));
  return problems.map((problem) => {
    const { at, code } = problem;
    // It may be one of the plugin that was not loaded.
    if (lacksPlugin && code === 'unknown-plugin-function') return { ...problem, isCascading: true };
    const isUnasked = at[0] === 'model_configs' && unasked.has(Number(at[1])) && !NEVER.has(code);
    const isOften = isExported && code === 'impossible-value';
    return isUnasked || isOften ? { ...problem, severity: 'warning' } : problem;
  });
}
