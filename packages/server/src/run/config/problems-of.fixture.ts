import assert from 'node:assert/strict';
import { ConfigError, loadConfig } from './config.ts';

/** The refusals of an environment, by variable. */
export const problemsOf = (environment: Record<string, string>): Record<string, string> => {
  try {
    loadConfig(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.message, error.problems.map(({ name, detail }) => `${name}: ${detail}`).join('\n'));
    return Object.fromEntries(error.problems.map(({ name, detail }) => [name, detail]));
  }
  return {};
};
