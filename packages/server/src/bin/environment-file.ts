import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { variablesInAnotherCase } from '../config/misspelled-variables.ts';

/** Reads `.env` for variables that the environment lacks. Returns a sentence for each that has no effect because of its case. */
export function readEnvironmentFile(): string[] {
  if (!existsSync('.env')) return [];
  process.loadEnvFile('.env');
  return variablesInAnotherCase(Object.keys(parseEnv(readFileSync('.env', 'utf8'))), process.env);
}
