/**
 * Settings of every service in a test. Beside other tests a stall is the machine's, and decoders, whose priority is
 * low, get the least of its time: refusals because of it, and decoders that are killed, would fail unrelated tests.
 */
export const PATIENT = {
  MAX_EVENT_LOOP_DELAY_MS: '3600000',
  MAX_DECODER_WAIT_SECONDS: '120',
  TRANSFORM_TIMEOUT_SECONDS: '120',
};

/**
 * Timeouts of calls to a store of a test that holds none, or holds them for as long as it needs: a retry would change
 * what it counts.
 */
export const PATIENT_TIMEOUTS = { connectMs: 120_000, answerMs: 120_000, idleMs: 120_000 };
