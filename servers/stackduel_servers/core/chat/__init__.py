"""Chat completions as OpenAI's API has them, without any framework: what is asked, what a model sends, what a gateway
makes of it. docs/gateway.md describes the endpoint for clients."""
