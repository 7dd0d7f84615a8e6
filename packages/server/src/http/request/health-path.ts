/** By which a load balancer decides whether a process gets requests. */
export const READINESS_PATH = '/readyz';

/** Health checks use any address and protocol. The answers reveal nothing else. */
const HEALTH_PATHS: readonly string[] = ['/health', '/livez', READINESS_PATH];

export const isHealthPath = (path: string): boolean => HEALTH_PATHS.includes(path);
