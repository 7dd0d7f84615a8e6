import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError } from '../config/config.ts';
import { idleLines } from '../config/idle-lines.ts';
import { unknownVariables, variablesInAnotherCase } from '../config/misspelled-variables.ts';

/**
 * Reads `.env` for variables that the environment lacks. Returns a sentence for each line that sets nothing, and each
 * variable that is none of this service, perhaps because of its case. Errors: `ConfigError`.
 */
export function readEnvironmentFile(): string[] {
  if (!existsSync('.env')) return [];
  const text = textOfFile();
  const variables = parseEnv(text);
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value;
  const names = Object.keys(variables);
  return [...idleLines(text), ...variablesInAnotherCase(names, process.env), ...unknownVariables(names)];
}

function textOfFile(): string {
  try {
    return readFileSync('.env', 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      { name: '.env', detail: `expected a file that this user can read, or none; got ${reason}` },
    ]);
  }
}
