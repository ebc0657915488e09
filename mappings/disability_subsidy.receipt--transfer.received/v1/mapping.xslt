<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:disability_subsidy.receipt:v1" xmlns="urn:renkei:transfer.received:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:receipt">
    <received>
      <transfer_number><xsl:value-of select="i:transfer_number"/></transfer_number>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <received_at><xsl:value-of select="i:received_at"/></received_at>
    </received>
  </xsl:template>
</xsl:stylesheet>
