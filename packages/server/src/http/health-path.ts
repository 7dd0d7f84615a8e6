/** Watchers of the process ask these by whatever address and protocol they know it; the answers tell nothing else. */
const HEALTH_PATHS: readonly string[] = ['/health', '/livez', '/readyz'];

export const isHealthPath = (path: string): boolean => HEALTH_PATHS.includes(path);
