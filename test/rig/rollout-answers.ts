import { isObject, type Json } from '../../src/core/json.js';
import type { ModelCall } from './model-server.js';

/**
 * What a model would say to the three prompts of `recipes/agent-rollout.yaml`: valid, deterministic, and
 * different for each task, so that no two rows ask the same.
 */
export function rolloutAnswer(call: ModelCall): Json {
  const task = /bug number \d+/.exec(call.prompt)?.[0] ?? 'some bug';
  const properties = Object.keys(
    isObject(call.schema?.['properties'] ?? null) ? (call.schema?.['properties'] as object) : {},
  );
  if (properties.includes('user_goal')) return digest(task);
  if (properties.includes('instruction')) return record(task);
  return Object.fromEntries(properties.map((name) => [name, { reasoning: `about ${task}`, score: 4 }]));
}

/** Which of the three columns asked. */
export function columnOf(call: ModelCall): 'trace_digest' | 'sft_record' | 'judge' {
  if (call.prompt.includes('Write a digest')) return 'trace_digest';
  return call.prompt.includes('Turn this digest') ? 'sft_record' : 'judge';
}

function digest(task: string): Json {
  return {
    user_goal: `Fix ${task}`,
    repository_context: 'a small Python service',
    task_type: 'bug fix',
    notable_actions: ['read the code'],
    useful_outcome: `${task} is fixed`,
    training_value: 'high',
    quality_notes: 'complete',
  };
}

function record(task: string): Json {
  return {
    instruction: `How do I fix ${task}?`,
    response: `Reproduce ${task} first.`,
    skill_tags: ['debugging'],
    difficulty: 'easy',
  };
}
