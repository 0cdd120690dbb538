"""The operations that GraphiQL opens with, one a tab."""

from schema.graphiql import Example

EXAMPLES = (
    Example("query WhoAmI {\n  viewer { name role }\n  practice { name currency timezone }\n}"),
    Example(
        """query Engagements {
  engagements(first: 10) {
    nodes {
      number name status
      client { name }
      currentScopeVersion {
        number deliveryDate
        budget { fee { amount } total { amount currency } }
        timeline { milestones { title dueDate isCritical } }
      }
      variance { feeVariance { amount } deliveryVarianceDays }
      changeOrders { number title status figures { change { amount } changeDays deliveryAfter } }
    }
  }
}"""
    ),
    Example(
        """query WhatIf($engagement: ID!, $changes: [ChangeInput!]!) {
  previewChangeOrder(engagementId: $engagement, changes: $changes) {
    sumBefore { amount } change { amount } newSum { amount } taxChange { amount }
    deliveryBefore deliveryAfter changeDays
    milestones { title before after shiftDays }
  }
}""",
        {
            "engagement": "the id of an engagement",
            "changes": [{"reviseItem": {"key": "20", "durationDays": 15}}],
        },
    ),
    Example(
        """query AccountantsDesk {
  retainerBalances { retainers { clientName balance { amount currency } } totals { amount currency } csvUrl }
  trialBalance {
    lines { code debit { amount } credit { amount } }
    totals { currency difference { amount } }
    csvUrl
  }
}"""
    ),
)
