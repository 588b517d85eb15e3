/** A mistake of whoever starts the program; the message is one sentence for that person. */
export class SetupError extends Error {}
