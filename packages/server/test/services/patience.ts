/**
 * Settings of every service in a test. Beside other tests a stall is the machine's, and decoders, whose priority is low, get the least
 * of its time: refusals because of it would fail unrelated tests.
 */
export const PATIENT = { MAX_EVENT_LOOP_DELAY_MS: '3600000', MAX_DECODER_WAIT_SECONDS: '120' };
