import type { OpenedRecipe } from '../run/open-recipe.js';
import type { JsonObject } from '../core/json.js';
import { recordStyle } from './print.js';
import { isUntried } from '../core/failure.js';
import { programName } from './program-name.js';
import { createDistribution } from './render/distribution.js';
import { nextAfterStages, nextStep, type Typed } from './render/next-step.js';
import { RecipeCommand } from './recipe-command.js';
import type { CellFailure, EventSink } from '../core/events.js';
import { ok, type Result } from '../core/result.js';
import type { RunProblem } from '../run/problem.js';
import type { RunOutcome, RunRequest } from '../run/request.js';
import type { StagesRequest, StageToMake } from '../run/stages/make-stages.js';

/** A run, without what a command adds to it. */
type AskedRun = Omit<RunRequest, 'interrupt' | 'onEvent' | 'onRecord' | 'onRow'>;

/** Shared by the commands that make datasets: progress, the summary, and the JSON document. */
export abstract class MakingCommand extends RecipeCommand {
  /** Is told what happens in runs. */
  protected listen: EventSink = () => undefined;

  /** With `--json`, stderr has the events of the run and nothing else. */
  override logToStderr(text = ''): void {
    if (!this.jsonEnabled()) super.logToStderr(text);
  }

  /** Makes a dataset, or a preview, and reports how it ended; ends the program if it cannot begin. */
  protected async make(opened: OpenedRecipe, request: AskedRun, quiet: boolean): Promise<object> {
    const { interruptOnSignals } = await import('../run/stop.js');
    const made = await this.makeOne({ interrupt: interruptOnSignals, ...request }, quiet);
    if (!made.ok) return this.failAt(opened, made.error);
    const { outcome, shown } = made.value;
    const { runError } = await import('./run-error.js');
    return this.endedWith(outcome.exitCode, shown, runError(outcome));
  }

  /** Makes the stages of a recipe, and reports how each ended, and what all of them cost. */
  protected async makeStages(
    request: Omit<StagesRequest, 'make' | 'interrupt' | 'onEvent' | 'onRecord' | 'onRow'>,
    quiet: boolean,
  ): Promise<object> {
    const [{ makeStages }, { interruptOnSignals }, { renderStage, renderAllStages }, { runError }] =
      await Promise.all([
        import('../run/stages/make-stages.js'),
        import('../run/stop.js'),
        import('./render/stages.js'),
        import('./run-error.js'),
      ]);
    const style = recordStyle(process.stderr);
    const shown: object[] = [];
    const made = await makeStages({
      ...request,
      interrupt: interruptOnSignals,
      make: async (stage, one) => {
        if (!quiet) this.logToStderr(renderStage(stage, style));
        const result = await this.makeOne(one, quiet, stage);
        if (!result.ok) return result;
        shown.push({ stage: stage.name, ...result.value.shown });
        return ok(result.value.outcome);
      },
    });
    if (!made.ok) {
      const { opened, made: _, ...problem } = made.error;
      return this.failAt(opened, problem);
    }
    const { stages, exitCode } = made.value;
    const last = stages.at(-1);
    if (!quiet && last)
      this.logToStderr(renderAllStages(stages, nextAfterStages(last.outcome, this.typed()), style));
    const failed = stages.find(({ outcome }) => outcome.exitCode === exitCode) ?? last;
    return this.endedWith(exitCode, { stages: shown }, failed && runError(failed.outcome));
  }

  /** The command that is running. */
  private typed(): Typed {
    return { program: programName(), command: this.id ?? 'run', argv: this.argv };
  }

  /** Makes a dataset, or a preview, and shows how it ended. */
  private async makeOne(
    request: AskedRun & Pick<RunRequest, 'interrupt'>,
    quiet: boolean,
    stage?: StageToMake,
  ): Promise<Result<{ readonly outcome: RunOutcome; readonly shown: object }, RunProblem>> {
    const [{ makeDataset }, { showProgress, renderSmaller }, { streamEvents }, { renderEnd, renderTrouble }] =
      await Promise.all([
        import('../run/make-dataset.js'),
        import('./render/progress.js'),
        import('./render/event-lines.js'),
        import('./run-output.js'),
      ]);
    const { preview = false } = request;
    const records: JsonObject[] = [];
    const failures: CellFailure[] = [];
    const ofEachClass = new Map<string, CellFailure>();
    const distribution = createDistribution();
    const isForPrograms = this.jsonEnabled();
    const show = isForPrograms ? streamEvents : showProgress;
    const progress = quiet ? undefined : show(process.stderr);
    if (stage) {
      const { name, index, count } = stage;
      progress?.sink({ kind: 'stage', stage: name, index, count });
    }
    const { listen } = this;
    const making = makeDataset({
      ...request,
      onEvent(event) {
        listen(event);
        progress?.sink(event);
        if (!progress && !isForPrograms && event.kind === 'smaller-dataset')
          process.stderr.write(`${renderSmaller(event.before, event.rows)}\n`);
        if (event.kind !== 'cell-failed') return;
        if (preview) failures.push(event);
        else if (!ofEachClass.has(event.failure.class)) ofEachClass.set(event.failure.class, event);
      },
      onRecord: (row) => records.push(row),
      ...(!quiet && { onRow: distribution.add }),
    });
    // Also after an exception, so that nothing is drawn once the run is over.
    const made = await making.finally(() => progress?.finish());
    if (!made.ok) return made;

    const { metadata, dataset, replacedRows } = made.value;
    if (preview) await this.showPreview(records, failures, metadata.columns);
    if (!quiet)
      this.logToStderr(
        renderEnd(
          made.value,
          preview
            ? {}
            : { sample: request.retry ? undefined : records[0], failures: [...ofEachClass.values()] },
          recordStyle(process.stderr),
          {
            counts: distribution.lines(metadata.columns, recordStyle(process.stderr).width),
            next: stage ? undefined : nextStep(made.value, this.typed()),
          },
        ),
      );
    else {
      // The failed cells of a preview were shown above.
      const trouble = renderTrouble(made.value, preview ? [] : [...ofEachClass.values()]);
      if (trouble !== '') this.logToStderr(trouble);
    }
    if (dataset !== undefined) this.log(dataset);
    const shown = preview ? { records, failures: failures.map(asLine) } : {};
    const replaced = replacedRows === undefined ? {} : { replaced_rows: replacedRows };
    return ok({ outcome: made.value, shown: { dataset, ...replaced, ...shown, metadata } });
  }

  /** Prints records to stdout and failures to stderr: a preview writes no failures.jsonl. */
  private async showPreview(
    records: readonly JsonObject[],
    failures: readonly CellFailure[],
    columns: Parameters<typeof import('./render/record.js').renderRecord>[1],
  ): Promise<void> {
    const [{ renderRecord }, { renderFailure }] = await Promise.all([
      import('./render/record.js'),
      import('./render/summary.js'),
    ]);
    for (const row of records) this.log(`${renderRecord(row, columns, recordStyle(process.stdout))}\n`);
    // Why the run was stopped is said once, at the end.
    const tried = failures.filter(({ failure }) => !isUntried(failure));
    for (const failure of tried) this.logToStderr(`${renderFailure(failure)}\n`);
  }
}

/** A failed cell with the keys that failures.jsonl has for it. */
function asLine({ row, column, failure }: CellFailure): object {
  const { class: kind, message, hint } = failure;
  return { row, column, class: kind, message, hint };
}
