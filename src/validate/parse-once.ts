/** For what a program parses once or twice: zod would make a parser for it, at several times the cost of parsing. */
export const parseOnce = { jitless: true } as const;
