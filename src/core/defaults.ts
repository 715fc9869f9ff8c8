/**
 * Every default that a recipe's keys have, stated once. The recipe's schema, the code that runs it and the docs
 * (through `dd schema`) all read it here.
 */
export const DEFAULTS = {
  /** Requests in flight at once to one model of one endpoint. Data Designer's default. */
  max_parallel_requests: 4,
  /** Seconds until one call is given up. */
  timeout: 600,
  /** How often an invalid answer is sent back to the model with its errors. */
  max_conversation_correction_steps: 1,
  /** How often a question is then asked in a new conversation. */
  max_conversation_restarts: 2,
  /** Share of cells without a usable answer at which the run stops. */
  shutdown_error_rate: 0.5,
  /** The number of latest cells, at least, over which that share is measured. */
  shutdown_error_window: 10,
  /** Rows of a preview when no number is given. */
  preview_rows: 10,
  /** Rows of a recipe without a seed when no number is given. Data Designer's default. */
  seedless_rows: 10,
  /**
   * `max_tokens` where the protocol requires one (Anthropic). All models but the oldest can answer with as many:
   * https://platform.claude.com/docs/en/about-claude/models/overview
   */
  max_tokens: 8192,
} as const;
