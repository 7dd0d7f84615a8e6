/** Health checks use any address and protocol. The answers reveal nothing else. */
const HEALTH_PATHS: readonly string[] = ['/health', '/livez', '/readyz'];

export const isHealthPath = (path: string): boolean => HEALTH_PATHS.includes(path);
