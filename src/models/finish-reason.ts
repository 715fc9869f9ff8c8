/**
 * The meaning of a `finish_reason`, in any vendor's words. `whole`: the model ended its answer. `length`: the answer
 * was cut. `content-filter`: it was withheld. `failed`: the server gave up, and may succeed when asked again.
 * `unknown`: none of these words.
 */
export type Finish = 'whole' | 'length' | 'content-filter' | 'failed' | 'unknown';

/** By what they mean; in lower case, with `_` between words. */
const words: Readonly<Record<Exclude<Finish, 'unknown'>, string>> = {
  whole: `
    null none stop stopped stop_sequence stop_token stop_str end end_turn end_of_turn end_of_text
    eos eos_token eos_found eot tool_calls tool_call tool_use function_call complete completed
    completion finished finish done success normal unspecified`,
  length: `
    length max_tokens max_token max_output_tokens max_new_tokens max_completion_tokens max_length
    max_tokens_reached model_length model_context_window_exceeded context_length
    context_length_exceeded context_window_exceeded context_window max_context_length token_limit
    token_limit_reached error_limit length_limit length_capped truncated incomplete`,
  'content-filter': `
    content_filter content_filtered contentfilter content_policy content_policy_violation safety
    image_safety recitation image_recitation sensitive blocklist blocked prohibited_content
    image_prohibited_content spii refusal refused moderation error_toxic guardrail_intervened
    guardrail guardrails data_inspection_failed language risk jailbreak`,
  failed: `
    error abort aborted cancel cancelled canceled user_cancel network_error
    insufficient_system_resource internal_error server_error model_error timeout timed_out failed
    failure overloaded interrupted preempted malformed_function_call malformed_response
    malformed_tool_use malformed_model_output unexpected_tool_call unavailable rate_limit`,
};

const meanings: ReadonlyMap<string, Finish> = new Map(
  (['whole', 'length', 'content-filter', 'failed'] as const).flatMap((finish) =>
    words[finish]
      .trim()
      .split(/\s+/)
      .map((word) => [word, finish] as const),
  ),
);

export function finishOf(reason: string): Finish {
  const meaning = meanings.get(reason);
  if (meaning) return meaning;
  return reason.trim() === '' ? 'whole' : (meanings.get(normalised(reason)) ?? 'unknown');
}

/** `MAX_TOKENS`, `maxTokens`, `max-tokens` and `FinishReason.MAX_TOKENS` are one word. */
function normalised(reason: string): string {
  return reason
    .trim()
    .replace(/^finish_?reason[._]/i, '')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/[\s-]+/g, '_')
    .toLowerCase();
}

const severity: readonly Finish[] = ['whole', 'unknown', 'failed', 'length', 'content-filter'];

/** Of the reasons that a gateway and the vendor behind it give, the one that says more. */
export function worseReason(reason: string, native: string | undefined): string {
  if (native === undefined || finishOf(native) === 'unknown') return reason;
  return severity.indexOf(finishOf(native)) > severity.indexOf(finishOf(reason)) ? native : reason;
}
