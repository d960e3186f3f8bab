"""The ids that rules pass around. All are 64-bit and ordered by time of creation (storage/ids.py makes them)."""

from typing import NewType

TicketId = NewType("TicketId", int)
PersonId = NewType("PersonId", int)
IdentityId = NewType("IdentityId", int)
MessageId = NewType("MessageId", int)
