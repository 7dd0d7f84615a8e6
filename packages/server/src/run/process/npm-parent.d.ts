export function whenNpmIsGone(gone: () => void): void;
