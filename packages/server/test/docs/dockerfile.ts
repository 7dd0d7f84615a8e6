/** One line of a Dockerfile, with continued lines joined: `COPY`, and its arguments. */
export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

export const instructionsIn = (dockerfile: string): Instruction[] =>
  dockerfile
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', ...rest] = line.trim().split(/ +/);
      return { name, rest: rest.join(' ') };
    });

/** Each begins with its FROM. */
export function stagesIn(dockerfile: string): Instruction[][] {
  const stages: Instruction[][] = [];
  for (const instruction of instructionsIn(dockerfile)) {
    if (instruction.name === 'FROM') stages.push([]);
    stages.at(-1)?.push(instruction);
  }
  return stages;
}

/** The command as JSON, as in CMD and HEALTHCHECK. */
export const commandIn = (text: string): string[] => JSON.parse(text.slice(text.indexOf('['))) as string[];

/** `NAME=value`, several of them. */
export const variablesIn = (text: string): Record<string, string> =>
  Object.fromEntries(text.split(/ +/).map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]));
