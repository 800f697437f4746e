from agentiv import Agentiv
client = Agentiv(api_key=os.environ["AGENTIV_API_KEY"])
result = client.agents.run("email-triage", input={"max_emails": 20})
print(result.summary)
