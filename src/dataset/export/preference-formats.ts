import type { JsonObject } from '../../core/json.js';
import { MESSAGES, objectOf, TOOLS } from './line-types.js';
import { openAiChanges, openAiMessage, openAiTools } from './openai-names.js';
import { pairTrainers } from './trainers.js';
import { trainingFormat } from './training-format.js';

/** Formats for preference tuning. Sources: TRL's "Dataset formats" and OpenAI's guide to direct preference optimization. */

const noPair = 'it has no better and worse answer';

export const dpo = trainingFormat({
  name: 'dpo',
  summary: 'prompt, chosen and rejected for TRL (DPO, ORPO, CPO), as conversations.',
  columns: { prompt: MESSAGES, chosen: MESSAGES, rejected: MESSAGES, tools: TOOLS },
  trainers: pairTrainers,
  takes: 'pairs',
  lines: ({ prompt, answers, tools }) =>
    answers.kind === 'pair'
      ? [{ prompt, chosen: [answers.chosen], rejected: [answers.rejected], ...(tools && { tools }) }]
      : noPair,
});

export const openAiDpo = trainingFormat({
  name: 'openai-dpo',
  summary: "OpenAI's format for direct preference optimization.",
  takes: 'pairs',
  columns: {
    input: objectOf({ messages: MESSAGES, tools: TOOLS }),
    preferred_output: MESSAGES,
    non_preferred_output: MESSAGES,
  },
  lines: (example) => {
    const { prompt, answers } = example;
    const { tools } = openAiTools(example);
    return answers.kind === 'pair'
      ? [
          {
            input: { messages: prompt.map(openAiMessage), ...(tools && { tools }) },
            preferred_output: [answers.chosen],
            non_preferred_output: [answers.rejected],
          },
        ]
      : noPair;
  },
  changes: openAiChanges,
});

export const kto = trainingFormat({
  name: 'kto',
  summary: 'prompt, completion and label for TRL (KTO); a pair becomes two lines.',
  columns: { prompt: MESSAGES, completion: MESSAGES, label: { type: 'boolean' } },
  trainers: { trl: 'KTO' },
  takes: 'pairs or labels',
  lines: ({ prompt, answers }) => {
    const line = (answer: JsonObject, label: boolean): JsonObject => ({
      prompt,
      completion: [answer],
      label,
    });
    if (answers.kind === 'pair') return [line(answers.chosen, true), line(answers.rejected, false)];
    return answers.label === undefined
      ? 'it has no label, true or false'
      : [line(answers.answer, answers.label)];
  },
});
