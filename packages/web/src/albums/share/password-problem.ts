/** As the service has it. Characters. */
const SHORTEST = 8;
const LONGEST = 200;

/** Why a link can't have that password; undefined: it can. */
export function passwordProblem(password: string): string | undefined {
  if (password.length < SHORTEST) return `A password has at least ${SHORTEST} characters.`;
  return password.length > LONGEST ? `A password has at most ${LONGEST} characters.` : undefined;
}
